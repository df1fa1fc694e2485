// Bilinear crops of a clip's frames, equal to OpenCV's bit for bit.
//
// cv2.warpAffine maps a pixel of the crop to the frame in fixed point: 10
// bits behind the point, of which 5 are kept. Its four weights are products
// of those 5 bits, so the sums below are exact and rounded once, as OpenCV's
// are. Outside of the frame lies 0.
//
// A row's places are found once for all frames. Then each pixel's 2 x 2
// neighborhood is fetched with two loads, and a second loop, which a
// compiler turns into vector code, blends the row and writes planes.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

const int kFraction = 5;                     // bits of a weight
const uint32_t kOne = 1u << kFraction;       // weight of a whole pixel
const uint32_t kHalf = 1u << (2 * kFraction - 1);
const uint32_t kBlueRed = 0xff00ff;          // two channels at a time

struct Frame {
  const uint8_t* pixels;  // BGR
  int64_t row_bytes;
  int width, height;
};

struct Place {
  int x, y;         // of the upper left neighbor
  uint32_t fx, fy;  // weights of the right and the lower ones, in 1/32
};

int to_short(int value) { return std::min(std::max(value, -32768), 32767); }

Place place(int32_t x, int32_t y) {
  x >>= 5, y >>= 5;  // 10 bits to 5
  return {to_short(x >> kFraction), to_short(y >> kFraction),
          uint32_t(x) & (kOne - 1), uint32_t(y) & (kOne - 1)};
}

// b g r b' g' r' of a pixel and the one to its right, 0 outside.
uint64_t pair_at_border(const Frame& frame, int x, int y) {
  uint64_t pair = 0;
  for (int i = 0; i < 2; ++i) {
    if (x + i < 0 || x + i >= frame.width || y < 0 || y >= frame.height)
      continue;
    const uint8_t* p = frame.pixels + y * frame.row_bytes + 3 * (x + i);
    pair |= (uint64_t(p[0]) | uint64_t(p[1]) << 8 | uint64_t(p[2]) << 16)
            << (24 * i);
  }
  return pair;
}

uint64_t load(const uint8_t* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// Blend two rows of pairs; written so that it becomes vector code.
void blend(const uint64_t* upper, const uint64_t* lower, const uint32_t* fx,
           const uint32_t* fy, uint8_t* blue, uint8_t* green, uint8_t* red,
           int width) {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
  for (int i = 0; i < width; ++i) {
    const uint32_t right = fx[i], left = kOne - right;
    const uint32_t down = fy[i], up = kOne - down;
    const uint32_t a = uint32_t(upper[i]), b = uint32_t(upper[i] >> 24);
    const uint32_t c = uint32_t(lower[i]), d = uint32_t(lower[i] >> 24);
    // at most 255 * 32 in each half
    const uint32_t br0 = left * (a & kBlueRed) + right * (b & kBlueRed);
    const uint32_t br1 = left * (c & kBlueRed) + right * (d & kBlueRed);
    const uint32_t g0 = left * (a >> 8 & 255) + right * (b >> 8 & 255);
    const uint32_t g1 = left * (c >> 8 & 255) + right * (d >> 8 & 255);
    blue[i] = (up * (br0 & 0xffff) + down * (br1 & 0xffff) + kHalf) >> 10;
    green[i] = (up * g0 + down * g1 + kHalf) >> 10;
    red[i] = (up * (br0 >> 16) + down * (br1 >> 16) + kHalf) >> 10;
  }
}

}  // namespace

extern "C" {

int clip_crop_abi_version() { return 1; }

// Crop `count` frames of one size. `frames` holds their addresses.
// The place of pixel (i, j) of the crop is (row_x[j] + column_x[i],
// row_y[j] + column_y[i]) in 1/1024 pixels; the sums must not overflow, nor
// may height * row_bytes. `out` is (count, 3, out_height, out_width).
void clip_crop(const uint8_t* const* frames, int64_t count, int width,
               int height, int64_t row_bytes, const int32_t* column_x,
               const int32_t* column_y, const int32_t* row_x,
               const int32_t* row_y, uint8_t* out, int out_width,
               int out_height) {
  std::vector<int32_t> offset(out_width), border;
  std::vector<uint32_t> fx(out_width), fy(out_width);
  std::vector<uint64_t> upper(out_width), lower(out_width);
  border.reserve(out_width);
  const int64_t plane = int64_t(out_width) * out_height;
  // eight bytes are read where six are needed
  const unsigned inner_width = std::max(width - 2, 0);
  const unsigned inner_height = std::max(height - 1, 0);
  for (int j = 0; j < out_height; ++j) {
    for (int i = 0; i < out_width; ++i) {
      const Place at = place(row_x[j] + column_x[i], row_y[j] + column_y[i]);
      const bool inside = unsigned(at.x) < inner_width &&
                          unsigned(at.y) < inner_height;
      offset[i] = inside ? int32_t(at.y * row_bytes + 3 * at.x) : -1;
      fx[i] = at.fx;
      fy[i] = at.fy;
    }
    border.clear();
    for (int i = 0; i < out_width; ++i)
      if (offset[i] < 0) {
        border.push_back(i);
        offset[i] = 0;
      }
    const bool all_border = int(border.size()) == out_width;
    for (int64_t t = 0; t < count; ++t) {
      const Frame frame = {frames[t], row_bytes, width, height};
      if (!all_border)
        for (int i = 0; i < out_width; ++i) {
          upper[i] = load(frame.pixels + offset[i]);
          lower[i] = load(frame.pixels + offset[i] + row_bytes);
        }
      for (int32_t i : border) {
        const Place at =
            place(row_x[j] + column_x[i], row_y[j] + column_y[i]);
        upper[i] = pair_at_border(frame, at.x, at.y);
        lower[i] = pair_at_border(frame, at.x, at.y + 1);
      }
      uint8_t* row = out + 3 * t * plane + int64_t(j) * out_width;
      blend(upper.data(), lower.data(), fx.data(), fy.data(), row,
            row + plane, row + 2 * plane, out_width);
    }
  }
}

}  // extern "C"
