// What a client's profile of a patient says, in the engine's terms. Whatever is not usable is left
// out: a profile is a convenience, and its forms differ.
#pragma once

#include <nlohmann/json.hpp>

#include "plugins/clinical/story.hpp"

namespace chat {

// `profile` is an object or null: {age, sex | gender, weight, pregnant, chronic_conditions |
// conditions, current_medications | medications, allergies}. Lists hold texts, objects with `name`,
// or lists by kind ({"drug": ["penicillin"]}).
void add_profile(clinical::Story& story, const nlohmann::json& profile);

}  // namespace chat
