// The shipped data, read once, and a reader over it.
#pragma once

#include "plugins/clinical/free_text.hpp"
#include "tests/unit/clinical/patient.hpp"

namespace clinical {

inline const Formulary& shipped_formulary() {
    static const std::unique_ptr<const Formulary> formulary =
        load_formulary(embedded_data()).value();
    return *formulary;
}

inline const FreeText& reader() {
    static const FreeText reader(shipped(), shipped_formulary());
    return reader;
}

}  // namespace clinical
