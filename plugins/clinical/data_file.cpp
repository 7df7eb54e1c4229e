#include "plugins/clinical/data_file.hpp"

#include <algorithm>

namespace clinical {
namespace {

using Json = nlohmann::json;

const Json kNull;

bool is_id(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, fits);
}

std::string place_of(std::string_view file, std::size_t number, const Json& row) {
    std::string place = std::string(file) + ", row " + std::to_string(number);
    if (row.is_object() && row.contains("id") && row["id"].is_string())
        place += " (" + row["id"].get<std::string>() + ")";
    return place;
}

}  // namespace

Row::Row(const Json& object, std::string place) : object_(&object), place_(std::move(place)) {
    if (!object.is_object()) throw DataError(place_ + ": must be an object");
}

void Row::refuse(std::string_view field, std::string_view what) const {
    throw DataError(place_ + ", field " + std::string(field) + ": " + std::string(what));
}

const Json& Row::value(std::string_view field) const {
    asked_.emplace(field);
    const auto found = object_->find(field);
    return found == object_->end() ? kNull : *found;
}

bool Row::has(std::string_view field) const {
    return !value(field).is_null();
}

std::string Row::text(std::string_view field) const {
    const Json& found = value(field);
    if (!found.is_string() || found.get_ref<const std::string&>().empty())
        refuse(field, found.is_null() ? "is missing" : "must be a string that is not empty");
    return found.get<std::string>();
}

std::string Row::text_or(std::string_view field, std::string_view absent) const {
    return has(field) ? text(field) : std::string(absent);
}

std::string Row::id(std::string_view field) const {
    std::string found = text(field);
    if (!is_id(found)) refuse(field, "must be lower case letters, digits and underscores");
    return found;
}

std::string Row::choice(std::string_view field,
                        std::initializer_list<std::string_view> allowed) const {
    std::string found = text(field);
    if (std::ranges::find(allowed, found) == allowed.end()) {
        std::string names;
        for (const std::string_view name : allowed)
            names += (names.empty() ? "" : ", ") + std::string(name);
        refuse(field, "must be one of: " + names);
    }
    return found;
}

std::optional<double> Row::number_if(std::string_view field, double min, double max) const {
    const Json& found = value(field);
    if (found.is_null()) return std::nullopt;
    if (!found.is_number() || found.get<double>() < min || found.get<double>() > max)
        refuse(field, "must be a number from " + Json(min).dump() + " to " + Json(max).dump());
    return found.get<double>();
}

double Row::number(std::string_view field, double min, double max) const {
    const auto found = number_if(field, min, max);
    if (!found) refuse(field, "is missing");
    return *found;
}

double Row::probability(std::string_view field) const {
    return number(field, 0, 1);
}

bool Row::flag(std::string_view field) const {
    const Json& found = value(field);
    if (!found.is_null() && !found.is_boolean()) refuse(field, "must be true or false");
    return found.is_boolean() && found.get<bool>();
}

std::vector<std::string> Row::texts(std::string_view field) const {
    const Json& found = value(field);
    std::vector<std::string> texts;
    if (found.is_null()) return texts;
    if (!found.is_array()) refuse(field, "must be a list of strings");
    for (const Json& item : found) {
        if (!item.is_string() || item.get_ref<const std::string&>().empty())
            refuse(field, "must be a list of strings, none empty");
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

std::vector<Row> Row::rows(std::string_view field) const {
    const Json& found = value(field);
    std::vector<Row> rows;
    if (found.is_null()) return rows;
    if (!found.is_array()) refuse(field, "must be a list of objects");
    for (const Json& item : found)
        rows.emplace_back(
            item, place_ + ", " + std::string(field) + " " + std::to_string(rows.size() + 1));
    return rows;
}

Row Row::object(std::string_view field) const {
    return {value(field), place_ + ", " + std::string(field)};
}

Status Row::status() const {
    return choice("status", {"verified", "estimated"}) == "verified" ? Status::verified
                                                                     : Status::estimated;
}

void Row::done() const {
    for (const auto& [field, value] : object_->items())
        if (!asked_.contains(field)) refuse(field, "is not a field of this file");
}

void read_rows(const DataSet& data, std::string_view name,
               const std::function<void(const Row&)>& read) {
    const auto file = data.files.find(name);
    if (file == data.files.end()) throw DataError(std::string(name) + ": there is no such file");
    Json rows;
    try {
        rows = Json::parse(file->second);
    } catch (const Json::parse_error& error) {
        throw DataError(std::string(name) + ": not JSON at byte " + std::to_string(error.byte));
    }
    if (!rows.is_array()) throw DataError(std::string(name) + ": must be a list of rows");
    std::size_t number = 0;
    for (const Json& object : rows) {
        ++number;
        const Row row(object, place_of(name, number, object));
        read(row);
        row.done();
    }
}

}  // namespace clinical
