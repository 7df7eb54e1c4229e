// What is wrong with a client's request.
#pragma once

#include <string>
#include <utility>

namespace clinical {

struct InputError {
    std::string field;    // "vitals.temperature", "symptoms[2].name"
    std::string message;  // what is accepted there
};

// For the readers of requests; their one public function catches it.
[[noreturn]] inline void refuse(std::string field, std::string message) {
    throw InputError{std::move(field), std::move(message)};
}

}  // namespace clinical
