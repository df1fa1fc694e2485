// Vectors of the machine's own width, and the few functions the scan needs.
//
// GCC and Clang vector types keep the kernel free of intrinsics, so that any
// processor they know gets it; the width must be the machine's (wider types
// are lowered to scalars). Intrinsics appear only where one instruction
// replaces several: the range reduction of exp2 on AVX-512 and max on x86.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define VL 16
#define MAX_STATES 16  // states held in registers at a time
#elif defined(__AVX2__)
#define VL 8
#define MAX_STATES 8
#else
#define VL 4
#if defined(__aarch64__)
#define MAX_STATES 16
#else
#define MAX_STATES 8
#endif
#endif

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef float v4 __attribute__((vector_size(16)));

static inline vf splat(float x) { return x - vf{}; }

static inline vf vmax(vf x, float low) {
  // NaN must come through: both forms give x when a comparison is false.
#if VL == 16
  return _mm512_max_ps(_mm512_set1_ps(low), x);
#elif VL == 8
  return _mm256_max_ps(_mm256_set1_ps(low), x);
#elif defined(__SSE2__)
  return _mm_max_ps(_mm_set1_ps(low), x);
#else
  return x < low ? splat(low) : x;
#endif
}

// 2^f for f in [-1/2, 1/2]: the polynomial of degree 6 with 1 at 0 and the
// smallest relative error (2e-9; with rounding 8e-8), fitted by Lawson's
// reweighted least squares.
static inline vf exp2_fraction(vf f) {
  vf p = splat(1.53533621e-4f);
  p = p * f + 1.33988746e-3f;
  p = p * f + 9.61843736e-3f;
  p = p * f + 5.55033247e-2f;
  p = p * f + 2.40226479e-1f;
  p = p * f + 6.93147203e-1f;
  return p * f + 1.0f;
}

#if VL != 16
// 2^n for integral n in [-127, 128], 0 and infinity at the ends.
static inline vf exp2_integer(vf n_plus_magic) {
  vi bits;
  std::memcpy(&bits, &n_plus_magic, sizeof bits);
  bits = (bits - (0x4b400000 - 127)) << 23;
  vf out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}
#endif

// 2^x; 0 below -127, NaN for NaN, no overflow for x <= 0.
static inline vf exp2v(vf x) {
#if VL == 16
  vf f = _mm512_reduce_ps(x, 8);  // x minus the nearest integer
  return _mm512_scalef_ps(exp2_fraction(f), x - f);
#else
  const float magic = 12582912.0f;  // 1.5 * 2^23: rounds to integer
  x = vmax(x, -127.0f);
  x = x > 128.0f ? splat(128.0f) : x;
  vf shifted = x + magic;
  return exp2_fraction(x - (shifted - magic)) * exp2_integer(shifted);
#endif
}

// exp(x) for x <= 0 with the argument reduced in two parts, because here a
// relative error counts (a small step size), not an absolute one.
static inline vf exp_negative(vf x) {
  const float magic = 12582912.0f;
  x = vmax(x, -104.0f);
  vf shifted = x * 1.44269504f + magic;
  vf n = shifted - magic;
  vf r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
#if VL == 16
  return _mm512_scalef_ps(exp2_fraction(r * 1.44269504f), n);
#else
  shifted = vmax(shifted, magic - 127.0f);
  return exp2_fraction(r * 1.44269504f) * exp2_integer(shifted);
#endif
}

// log(1 + e) for e in [0, 1]: 2 atanh(e / (2 + e)) by its series; the first
// term left out is below 2e-9 of the result.
static inline vf log1p_unit(vf e) {
  vf s = e / (e + 2.0f);
  vf q = s * s;
  vf p = splat(1.0f / 13);
  p = p * q + 1.0f / 11;
  p = p * q + 1.0f / 9;
  p = p * q + 1.0f / 7;
  p = p * q + 1.0f / 5;
  p = p * q + 1.0f / 3;
  return 2.0f * s + 2.0f * s * q * p;
}

static inline vf negative_abs(vf x) { return x > 0.0f ? -x : x; }

static inline vf softplus(vf x) {
  return vmax(x, 0.0f) + log1p_unit(exp_negative(negative_abs(x)));
}

// Derivative of softplus.
static inline vf sigmoid(vf x) {
  vf e = exp_negative(negative_abs(x));
  return (x < 0.0f ? e : splat(1.0f)) / (e + 1.0f);
}

static inline float lane_sum(vf x) {
#if VL == 16
  return _mm512_reduce_add_ps(x);
#else
  float lanes[VL];
  std::memcpy(lanes, &x, sizeof x);
  for (int width = VL / 2; width; width /= 2)
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  return lanes[0];
#endif
}

// Lane i of the first (`upper` 0) or second half of all runs of `run` lanes in
// two vectors, one after the other.
constexpr int half_lane(int run, int upper, int i) {
  return i / (run / 2) * run + i % (run / 2) + upper * (run / 2);
}

template <int RUN, int UPPER, int... I>
static inline vf halves(vf a, vf b, std::integer_sequence<int, I...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, half_lane(RUN, UPPER, I)...);
#else
  return __builtin_shuffle(a, b, (vi){half_lane(RUN, UPPER, I)...});
#endif
}

// Fold RUN vectors of VL / RUN runs each to one, a lane for each run.
template <int RUN>
static inline void fold(vf* v) {
  const std::make_integer_sequence<int, VL> lanes{};
  for (int i = 0; i < RUN / 2; ++i)
    v[i] = halves<RUN, 0>(v[2 * i], v[2 * i + 1], lanes) +
           halves<RUN, 1>(v[2 * i], v[2 * i + 1], lanes);
  fold<RUN / 2>(v);
}
template <>
inline void fold<1>(vf*) {}

// out[i] = sum of the lanes of x[i], for VL vectors at once.
static inline void lane_sums(float* out, const vf* x) {
  vf v[VL];
  std::memcpy(v, x, sizeof v);
  fold<VL>(v);
  std::memcpy(out, v, sizeof v[0]);
}

#if defined(__clang__) || __GNUC__ >= 12
#define PICK(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int32_t i4 __attribute__((vector_size(16)));
#define PICK(a, b, i, j, k, l) __builtin_shuffle(a, b, (i4){i, j, k, l})
#endif

// out[c * out_stride + r] = in[r * in_stride + c].
static inline void transpose(float* out, int64_t out_stride, const float* in,
                             int64_t in_stride, int rows, int columns) {
  int r = 0;
  for (; r + 4 <= rows; r += 4) {
    int c = 0;
    for (; c + 4 <= columns; c += 4) {
      v4 x[4];
      for (int i = 0; i < 4; ++i)
        std::memcpy(&x[i], in + (r + i) * in_stride + c, 16);
      v4 a = PICK(x[0], x[1], 0, 4, 1, 5), b = PICK(x[0], x[1], 2, 6, 3, 7);
      v4 d = PICK(x[2], x[3], 0, 4, 1, 5), e = PICK(x[2], x[3], 2, 6, 3, 7);
      x[0] = PICK(a, d, 0, 1, 4, 5);
      x[1] = PICK(a, d, 2, 3, 6, 7);
      x[2] = PICK(b, e, 0, 1, 4, 5);
      x[3] = PICK(b, e, 2, 3, 6, 7);
      for (int i = 0; i < 4; ++i)
        std::memcpy(out + (c + i) * out_stride + r, &x[i], 16);
    }
    for (; c < columns; ++c)
      for (int i = 0; i < 4; ++i)
        out[c * out_stride + r + i] = in[(r + i) * in_stride + c];
  }
  for (; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      out[c * out_stride + r] = in[r * in_stride + c];
}
