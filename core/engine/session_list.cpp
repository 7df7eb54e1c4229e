// The ranges rise and lie apart, so walking them one after the other gives the ids in order; one
// session more than the limit is looked for, to know whether there are more.
#include "core/engine/session_list.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace chartroom::engine {
namespace {

constexpr std::size_t kPageMin = 16;  // of the log's table, so that hidden names cost few reads

class Walk {
  public:
    Walk(Listing listing, const auth::AccessPolicy& policy, storage::EventLog& log,
         base::Executor& on, std::move_only_function<void(NoticeBody)> answer)
        : listing_(std::move(listing)),
          policy_(policy),
          log_(log),
          on_(on),
          answer_(std::move(answer)),
          ranges_(auth::listed(*listing_.principal)),
          after_(listing_.after.value) {}

    // Reads on, or answers. The walk is handed from one completion to the next.
    static void go_on(std::unique_ptr<Walk> walk) {
        if (walk->found_.size() > walk->listing_.limit || walk->at_ == walk->ranges_.size()) {
            walk->finish();
            return;
        }
        const auth::IdRange range = walk->ranges_[walk->at_];
        if (range.prefix) {
            read_prefix(std::move(walk), range);
        } else {
            read_one(std::move(walk), range);
        }
    }

  private:
    static void read_prefix(std::unique_ptr<Walk> walk, const auth::IdRange& range) {
        const std::size_t wanted = walk->listing_.limit + 1 - walk->found_.size();
        storage::EventLog& log = walk->log_;
        base::Executor& on = walk->on_;
        const std::string after = walk->after_;
        log.sessions(range.id, after, std::max(wanted, kPageMin), on,
                     [walk = std::move(walk)](base::Result<storage::SessionPage> page) mutable {
                         if (!page) return walk->fail(page.error());
                         for (auto& info : page->sessions) walk->look(std::move(info));
                         if (!page->more) ++walk->at_;
                         go_on(std::move(walk));
                     });
    }

    static void read_one(std::unique_ptr<Walk> walk, const auth::IdRange& range) {
        if (range.id <= walk->after_) {
            ++walk->at_;
            return go_on(std::move(walk));
        }
        storage::EventLog& log = walk->log_;
        base::Executor& on = walk->on_;
        log.find_session({range.id}, on,
                         [walk = std::move(walk)](base::Result<storage::SessionInfo> info) mutable {
                             if (!info && info.error().code != base::Code::not_found) {
                                 return walk->fail(info.error());
                             }
                             if (info) walk->look(std::move(*info));
                             ++walk->at_;
                             go_on(std::move(walk));
                         });
    }

    void look(storage::SessionInfo info) {
        after_ = std::max(after_, info.id.value);
        auto name = auth::name_of(policy_, *listing_.principal, info.id);
        if (!name || info.erased || !info.head || found_.size() > listing_.limit) return;
        found_.push_back({std::move(*name), info.head, info.created_at_us, info.last_at_us});
    }

    void finish() {
        const bool more = found_.size() > listing_.limit;
        if (more) found_.pop_back();
        answer_(SessionList{listing_.request, std::move(found_), more});
    }

    void fail(const base::Error&) {
        answer_(Refused{listing_.request,
                        {base::Code::unavailable, "the log cannot be read just now"}});
    }

    Listing listing_;
    auth::AccessPolicy policy_;
    storage::EventLog& log_;
    base::Executor& on_;
    std::move_only_function<void(NoticeBody)> answer_;
    std::vector<auth::IdRange> ranges_;
    std::size_t at_ = 0;  // the range that is read
    std::string after_;   // ids up to this one have been looked at
    std::vector<ListedSession> found_;
};

}  // namespace

void list_sessions(Listing listing, const auth::AccessPolicy& policy, storage::EventLog& log,
                   base::Executor& on, std::move_only_function<void(NoticeBody)> answer) {
    Walk::go_on(std::make_unique<Walk>(std::move(listing), policy, log, on, std::move(answer)));
}

}  // namespace chartroom::engine
