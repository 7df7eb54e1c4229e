#include "plugins/chat/engine.hpp"

#include "plugins/clinical/staged_plugin.hpp"

namespace chat {

Engine::Engine(const nlohmann::json& config)
    : knowledge(clinical::load_configured(config, clinical::load_knowledge)),
      formulary(clinical::load_configured(config, clinical::load_formulary)),
      reader(*knowledge, *formulary) {}

}  // namespace chat
