#include "core/gateway/certificate.hpp"

#include <fstream>
#include <sstream>
#include <utility>

#include "core/base/pem.hpp"

namespace chartroom::gateway {
namespace {

base::Result<std::string> text_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (in && (text << in.rdbuf())) return std::move(text).str();
    return base::fail(base::Code::bad_config, file + ": empty, or cannot be read");
}

}  // namespace

base::Result<void> check_certificate_files(const std::string& chain_file,
                                           const std::string& key_file) {
    const auto chain = text_of(chain_file);
    if (!chain) return std::unexpected(chain.error());
    const auto key = text_of(key_file);
    if (!key) return std::unexpected(key.error());
    auto checked = base::check_certificate(*chain, *key);
    if (!checked) {
        return base::fail(checked.error().code,
                          chain_file + " and " + key_file + ": " + checked.error().message);
    }
    return {};
}

}  // namespace chartroom::gateway
