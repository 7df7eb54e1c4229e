#include "core/gateway/frame_reader.hpp"

#include <utility>

namespace chartroom::gateway {

void FrameReader::start() {
    std::string().swap(joined_);
    bytes_ = 0;
    utf8_.reset();
}

FrameResult FrameReader::take(const Piece& piece, std::size_t limit) {
    if (piece.first) start();
    if (piece.binary) return Violation{1003, "text frames only"};
    bytes_ += piece.bytes.size();
    const std::size_t announced = bytes_ + piece.remaining;
    if (announced > kViolationFactor * limit) return Violation{1009, "frame too long"};
    if (!utf8_.take(piece.bytes)) return Violation{1007, "not UTF-8"};
    const bool last = piece.last && piece.remaining == 0;
    if (last && !utf8_.complete()) return Violation{1007, "not UTF-8"};
    if (announced > limit) {
        std::string().swap(joined_);
        if (!last) return NeedMore{};
        return TooLong{bytes_};
    }
    if (piece.first && last) return WholeText{piece.bytes};
    joined_ += piece.bytes;
    if (!last) return NeedMore{};
    return WholeText{joined_};
}

}  // namespace chartroom::gateway
