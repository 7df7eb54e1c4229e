#include "plugins/clinical/formulary.hpp"

namespace clinical {

Formulary::Formulary(const DataSet& data)
    : version(kb_version(data)),
      sources(data),
      groups(data, sources),
      drugs(data, sources, groups),
      interactions(data, sources, drugs),
      regimens(data, sources, drugs) {}

std::expected<std::unique_ptr<const Formulary>, std::string> load_formulary(const DataSet& data) {
    try {
        return std::make_unique<const Formulary>(data);
    } catch (const DataError& error) {
        return std::unexpected(error.what());
    }
}

}  // namespace clinical
