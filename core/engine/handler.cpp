#include "core/engine/handler.hpp"

#include <algorithm>

namespace chartroom::engine {

base::Result<HandlerTable> HandlerTable::make(std::vector<HandlerPtr> handlers) {
    HandlerTable table;
    for (const HandlerPtr& handler : handlers) {
        if (table.by_id(handler->info().id) != nullptr)
            return base::fail(base::Code::bad_config,
                              "the plugin " + handler->info().id + " is loaded twice");
        table.handlers_.push_back(handler);
        for (const std::string& type : handler->info().handles)
            table.by_type_.emplace_back(type, handler);
    }
    // Stable: of two that take one type, the one given first is named first.
    std::ranges::stable_sort(table.by_type_, {}, &std::pair<std::string, HandlerPtr>::first);
    const auto twice =
        std::ranges::adjacent_find(table.by_type_, {}, &std::pair<std::string, HandlerPtr>::first);
    if (twice != table.by_type_.end())
        return base::fail(base::Code::bad_config, "two plugins handle the type '" + twice->first +
                                                      "': " + twice->second->info().id + " and " +
                                                      std::next(twice)->second->info().id +
                                                      "; switch one of them off");
    return table;
}

HandlerPtr HandlerTable::find(std::string_view type) const {
    const auto found =
        std::ranges::lower_bound(by_type_, type, {}, &std::pair<std::string, HandlerPtr>::first);
    return found != by_type_.end() && found->first == type ? found->second : nullptr;
}

HandlerPtr HandlerTable::by_id(std::string_view id) const {
    const auto found = std::ranges::find_if(
        handlers_, [&](const HandlerPtr& handler) { return handler->info().id == id; });
    return found != handlers_.end() ? *found : nullptr;
}

}  // namespace chartroom::engine
