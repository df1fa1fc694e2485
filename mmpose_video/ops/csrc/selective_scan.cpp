// Selective scan on the CPU, forward and backward.
//
// A vector holds VL channels of one token; the states of those channels stay
// in registers while the tokens go by. Work is cut into chunks of CHUNK
// positions, whose operands are first gathered into small contiguous tiles
// (through the order map), so that the arithmetic never sees a stride.
// Backward recomputes the states of a chunk from its saved starting state.
// Sums over all tokens (gradients of parameters) are float32 inside a chunk
// and float64 over chunks.
#include "selective_scan.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "simd.h"

namespace {

constexpr int CHUNK = 32;
constexpr float LOG2_E = 1.44269504088896341f;

// Numbers below 1e-38 are taken as zero while a scan runs: states that decay
// for long end there, and would slow every operation down.
struct FlushTiny {
#if defined(__SSE2__)
  unsigned before = _mm_getcsr();
  FlushTiny() { _mm_setcsr(before | 0x8040); }
  ~FlushTiny() { _mm_setcsr(before); }
#endif
};

// Zeroed memory, aligned to a vector.
class Scratch {
 public:
  template <typename T>
  T* get(int64_t count) {
    size_t bytes = (sizeof(T) * std::max<int64_t>(count, 1) + 63) & ~63ull;
    void* block = nullptr;
    if (posix_memalign(&block, 64, bytes)) throw std::bad_alloc();
    std::memset(block, 0, bytes);
    blocks_.push_back(block);
    return static_cast<T*>(block);
  }
  ~Scratch() {
    for (void* block : blocks_) std::free(block);
  }

 private:
  std::vector<void*> blocks_;
};

// Where the rows of one chunk are: tokens first .. first + count - 1, or the
// tokens listed.
struct Rows {
  const int32_t* list;
  int64_t first;
  int count;
  int64_t operator[](int i) const { return list ? list[i] : first + i; }
};

float* base(const ScanTensor& t, int64_t sample, int64_t group) {
  return t.data + sample * t.stride[0] + group * t.stride[1];
}

// tile[row * tile_width + x] = tensor[row, first + x] for x < width, zero
// beyond: the lanes without a channel must not add to sums over channels.
void gather(float* tile, int tile_width, const float* data,
            const int64_t* stride, const Rows& rows, int64_t first,
            int width) {
  const int64_t by_row = stride[2], by_x = stride[3];
  data += first * by_x;
  if (width < tile_width)
    std::memset(tile, 0, rows.count * tile_width * sizeof(float));
  if (by_x == 1) {
    for (int i = 0; i < rows.count; ++i)
      std::memcpy(tile + i * tile_width, data + rows[i] * by_row,
                  width * sizeof(float));
  } else if (by_row == 1 && !rows.list) {
    transpose(tile, tile_width, data + rows.first, by_x, width, rows.count);
  } else {
    for (int i = 0; i < rows.count; ++i)
      for (int x = 0; x < width; ++x)
        tile[i * tile_width + x] = data[rows[i] * by_row + x * by_x];
  }
}

// The way back; adds where `add` is set.
void scatter(float* data, const int64_t* stride, const float* tile,
             int tile_width, const Rows& rows, int64_t first, int width,
             bool add) {
  const int64_t by_row = stride[2], by_x = stride[3];
  data += first * by_x;
  if (add) {
    for (int i = 0; i < rows.count; ++i) {
      float* row = data + rows[i] * by_row;
      for (int x = 0; x < width; ++x)
        row[x * by_x] += tile[i * tile_width + x];
    }
  } else if (by_x == 1) {
    for (int i = 0; i < rows.count; ++i)
      std::memcpy(data + rows[i] * by_row, tile + i * tile_width,
                  width * sizeof(float));
  } else if (by_row == 1 && !rows.list) {
    transpose(data + rows.first, by_x, tile, tile_width, rows.count, width);
  } else {
    for (int i = 0; i < rows.count; ++i)
      for (int x = 0; x < width; ++x)
        data[rows[i] * by_row + x * by_x] = tile[i * tile_width + x];
  }
}

// Sizes that both passes need, and the states cut into register blocks.
struct Shape {
  ScanSizes size;
  int64_t windows, chunks, blocks, padded;
  int block_states, state_blocks, states;

  explicit Shape(const ScanSizes& s) : size(s) {
    windows = s.tokens / s.window;
    chunks = (s.window + CHUNK - 1) / CHUNK;
    blocks = (s.channels + VL - 1) / VL;
    padded = (s.channels + VL - 1) / VL * VL;
    block_states = 1;
    while (block_states < MAX_STATES && block_states < s.states)
      block_states *= 2;
    state_blocks = int((s.states + block_states - 1) / block_states);
    states = state_blocks * block_states;
  }

  int width(int64_t block) const {
    return int(std::min<int64_t>(VL, size.channels - block * VL));
  }

  Rows rows(const int32_t* order, bool reverse, int64_t group,
            int64_t window, int64_t chunk) const {
    int64_t from = chunk * CHUNK;
    int64_t to = std::min(from + CHUNK, size.window);
    if (reverse) {
      std::swap(from, to);
      from = size.window - from;
      to = size.window - to;
    }
    from += window * size.window;
    to += window * size.window;
    return {order ? order + group * size.tokens + from : nullptr, from,
            int(to - from)};
  }

  int64_t saved_at(int64_t sample, int64_t group, int64_t window,
                   int64_t chunk) const {
    return (((sample * size.groups + group) * windows + window) * chunks +
            chunk) * size.states * padded;
  }
};

// Parameters of one group, transposed to one vector per state.
struct Parameters {
  vf *rate, *A, *weight, *D, *bias, *project;
  bool weighted;

  Parameters(Scratch& scratch, const Shape& shape, int64_t blocks) {
    rate = scratch.get<vf>(blocks * shape.states);
    A = scratch.get<vf>(blocks * shape.states);
    weight = scratch.get<vf>(blocks * shape.states);
    D = scratch.get<vf>(blocks);
    bias = scratch.get<vf>(blocks);
    project = scratch.get<vf>(blocks * shape.size.rank);
  }

  void load(const ScanOperands& in, const Shape& shape, int64_t group,
            int64_t first_block, int64_t blocks) {
    const int64_t channels = shape.size.channels, S = shape.size.states;
    weighted = in.state_weight != nullptr;
    for (int64_t b = 0; b < blocks; ++b) {
      for (int x = 0; x < shape.width(first_block + b); ++x) {
        int64_t d = group * channels + (first_block + b) * VL + x;
        for (int64_t n = 0; n < S; ++n) {
          A[b * shape.states + n][x] = in.A[d * S + n];
          rate[b * shape.states + n][x] = in.A[d * S + n] * LOG2_E;
          if (weighted)
            weight[b * shape.states + n][x] = in.state_weight[d * S + n];
        }
        if (in.D) D[b][x] = in.D[d];
        if (in.bias) bias[b][x] = in.bias[d];
        for (int64_t r = 0; r < shape.size.rank; ++r)
          project[b * shape.size.rank + r][x] =
              in.dt_weight[d * shape.size.rank + r];
      }
    }
  }
};

// Tiles of one chunk. B and C serve all channel blocks of a group.
struct Tiles {
  float *B, *C, *low;
  vf *u, *raw, *dt, *dtu;

  Tiles(Scratch& scratch, const Shape& shape) {
    B = scratch.get<float>(CHUNK * shape.states);
    C = scratch.get<float>(CHUNK * shape.states);
    low = scratch.get<float>(CHUNK * shape.size.rank);
    u = scratch.get<vf>(CHUNK);
    raw = scratch.get<vf>(CHUNK);
    dt = scratch.get<vf>(CHUNK);
    dtu = scratch.get<vf>(CHUNK);
  }

  void load_group(const ScanOperands& in, const Shape& shape,
                  int64_t sample, int64_t group, const Rows& rows) {
    const int S = int(shape.size.states);
    gather(B, shape.states, base(in.B, sample, group), in.B.stride, rows, 0,
           S);
    gather(C, shape.states, base(in.C, sample, group), in.C.stride, rows, 0,
           S);
    if (shape.size.rank)
      gather(low, int(shape.size.rank), base(in.delta, sample, group),
             in.delta.stride, rows, 0, int(shape.size.rank));
  }

  void load_block(const ScanOperands& in, const Shape& shape,
                  const Parameters& par, int64_t sample, int64_t group,
                  int64_t block, int64_t local, const Rows& rows) {
    const int width = shape.width(block);
    const int64_t rank = shape.size.rank, first = block * VL;
    gather(reinterpret_cast<float*>(u), VL, base(in.u, sample, group),
           in.u.stride, rows, first, width);
    if (rank) {
      for (int t = 0; t < rows.count; ++t) {
        vf x = par.bias[local];
        for (int64_t r = 0; r < rank; ++r)
          x += low[t * rank + r] * par.project[local * rank + r];
        raw[t] = x;
      }
    } else {
      gather(reinterpret_cast<float*>(raw), VL,
             base(in.delta, sample, group), in.delta.stride, rows, first,
             width);
      for (int t = 0; t < rows.count; ++t) raw[t] += par.bias[local];
    }
    for (int t = 0; t < rows.count; ++t) {
      dt[t] = shape.size.softplus ? softplus(raw[t]) : raw[t];
      dtu[t] = dt[t] * u[t];
    }
  }
};

// One chunk forward for NS states of VL channels; `from`, `step`: first row
// of the walk and its direction.
template <int NS, bool WEIGHTED>
void chunk_forward(int count, int from, int step, const Tiles& tile,
                   int stride, int first, const vf* rate, const vf* weight,
                   vf* state, vf* y) {
  vf h[NS];
  for (int n = 0; n < NS; ++n) h[n] = state[n];
  for (int i = 0, t = from; i < count; ++i, t += step) {
    const float* b = tile.B + t * stride + first;
    const float* c = tile.C + t * stride + first;
    const vf dt = tile.dt[t], dtu = tile.dtu[t];
    vf sum[2] = {y[t], vf{}};
#pragma GCC unroll 16
    for (int n = 0; n < NS; ++n) {
      h[n] = exp2v(dt * rate[n]) * h[n] + dtu * b[n];
      sum[n % 2] += (WEIGHTED ? h[n] * weight[n] : h[n]) * c[n];
    }
    y[t] = sum[0] + sum[1];
  }
  for (int n = 0; n < NS; ++n) state[n] = h[n];
}

// States of a chunk again, kept: states[i * NS] is before step i.
template <int NS>
void chunk_states(int count, int from, int step, const Tiles& tile,
                  int stride, int first, const vf* rate, vf* states,
                  vf* decays) {
  vf h[NS];
  for (int n = 0; n < NS; ++n) h[n] = states[n];
  for (int i = 0, t = from; i < count; ++i, t += step) {
    const float* b = tile.B + t * stride + first;
    const vf dt = tile.dt[t], dtu = tile.dtu[t];
#pragma GCC unroll 16
    for (int n = 0; n < NS; ++n) {
      vf a = exp2v(dt * rate[n]);
      h[n] = a * h[n] + dtu * b[n];
      decays[i * NS + n] = a;
      states[(i + 1) * NS + n] = h[n];
    }
  }
}

// Gradient accumulators and tiles of one chunk; vectors still to be summed
// over their lanes where the gradient is per state and token.
struct GradTiles {
  vf *states, *decays, *dy, *through_input, *through_decay, *B, *C, *low;
  vf *A, *weight;

  GradTiles(Scratch& scratch, const Shape& shape) {
    states = scratch.get<vf>((CHUNK + 1) * shape.block_states);
    decays = scratch.get<vf>(CHUNK * shape.block_states);
    dy = scratch.get<vf>(CHUNK);
    through_input = scratch.get<vf>(CHUNK);
    through_decay = scratch.get<vf>(CHUNK);
    B = scratch.get<vf>(CHUNK * shape.states);
    C = scratch.get<vf>(CHUNK * shape.states);
    low = scratch.get<vf>(CHUNK * shape.size.rank);
    A = scratch.get<vf>(shape.states);
    weight = scratch.get<vf>(shape.states);
  }
};

// One chunk backward, against the walk. carry: gradient of the state after
// the chunk in, before the chunk out.
template <int NS, bool WEIGHTED>
void chunk_backward(int count, int from, int step, const Tiles& tile,
                    const GradTiles& grad, int stride, int first,
                    const vf* A, const vf* weight, vf* carry) {
  vf after[NS];
  for (int n = 0; n < NS; ++n) after[n] = carry[n];
  vf* sum_a = grad.A + first;
  vf* sum_w = grad.weight + first;
  for (int i = count - 1; i >= 0; --i) {
    const int t = from + i * step;
    const float* b = tile.B + t * stride + first;
    const float* c = tile.C + t * stride + first;
    vf* sum_b = grad.B + t * stride + first;
    vf* sum_c = grad.C + t * stride + first;
    const vf* decay = grad.decays + i * NS;
    const vf* before = grad.states + i * NS;
    const vf* now = before + NS;
    const vf dt = tile.dt[t], dtu = tile.dtu[t], dy = grad.dy[t];
    vf input = grad.through_input[t], step_size = grad.through_decay[t];
#pragma GCC unroll 16
    for (int n = 0; n < NS; ++n) {
      vf read = WEIGHTED ? dy * weight[n] : dy;
      vf g = after[n] + read * c[n];
      sum_c[n] += read * now[n];
      if (WEIGHTED) sum_w[n] += dy * c[n] * now[n];
      sum_b[n] += g * dtu;
      input += g * b[n];
      after[n] = g * decay[n];
      vf through = after[n] * before[n];
      step_size += through * A[n];
      sum_a[n] += through * dt;
    }
    grad.through_input[t] = input;
    grad.through_decay[t] = step_size;
  }
  for (int n = 0; n < NS; ++n) carry[n] = after[n];
}

// What changes with the number of states in registers.
struct Kernels {
  decltype(&chunk_forward<1, false>) forward[2];
  decltype(&chunk_states<1>) states;
  decltype(&chunk_backward<1, false>) backward[2];
};

template <int NS>
Kernels kernels_for() {
  return {{chunk_forward<NS, false>, chunk_forward<NS, true>},
          chunk_states<NS>,
          {chunk_backward<NS, false>, chunk_backward<NS, true>}};
}

Kernels pick(int block_states) {
  switch (block_states) {
    case 1: return kernels_for<1>();
    case 2: return kernels_for<2>();
    case 4: return kernels_for<4>();
#if MAX_STATES == 16
    case 16: return kernels_for<16>();
#endif
    default: return kernels_for<8>();
  }
}

// Share `part` of `parts` of `count` things.
int64_t share(int64_t count, int64_t part, int64_t parts) {
  return count * part / parts;
}

// What one work item covers: a sample, some groups, windows and channel
// blocks. What adds to the same sums (of tokens over groups, of parameters
// over windows) stays in one item, one after the other: no two threads ever
// write to one place, and the order of additions is fixed.
struct Item {
  int64_t sample, group, group_end, group_part, window, window_end, block,
      block_end, block_part;
};

std::vector<Item> cut(const Shape& shape, bool summed, bool windows_too) {
  const ScanSizes& s = shape.size;
  std::vector<Item> items;
  int64_t group_parts = summed ? s.group_parts : s.groups;
  int64_t window_parts = 1;
  if (windows_too && !summed)
    window_parts = std::min<int64_t>(shape.windows, 16);
  for (int64_t n = 0; n < s.samples; ++n)
    for (int64_t g = 0; g < group_parts; ++g)
      for (int64_t w = 0; w < window_parts; ++w)
        for (int64_t c = 0; c < s.channel_parts; ++c)
          items.push_back({n, share(s.groups, g, group_parts),
                           share(s.groups, g + 1, group_parts),
                           summed ? g : 0,
                           share(shape.windows, w, window_parts),
                           share(shape.windows, w + 1, window_parts),
                           share(shape.blocks, c, s.channel_parts),
                           share(shape.blocks, c + 1, s.channel_parts), c});
  return items;
}

void forward_item(const ScanOperands& in, const ScanResults& out,
                  const Shape& shape, const Kernels& kernels,
                  const Item& item) {
  Scratch scratch;
  const int64_t blocks = item.block_end - item.block;
  if (blocks <= 0) return;
  const int NS = shape.block_states, S = int(shape.size.states);
  Parameters par(scratch, shape, blocks);
  Tiles tile(scratch, shape);
  vf* y = scratch.get<vf>(CHUNK);
  vf* state = scratch.get<vf>(blocks * shape.states);
  for (int64_t g = item.group; g < item.group_end; ++g) {
    par.load(in, shape, g, item.block, blocks);
    const bool back = in.reverse[g];
    float* y_base =
        base(out.y, item.sample, shape.size.sum_groups ? item.group_part : g);
    for (int64_t w = item.window; w < item.window_end; ++w) {
      std::memset(state, 0, blocks * shape.states * sizeof(vf));
      for (int64_t k = 0; k < shape.chunks; ++k) {
        const Rows rows = shape.rows(in.order, back, g, w, k);
        const int from = back ? rows.count - 1 : 0, step = back ? -1 : 1;
        tile.load_group(in, shape, item.sample, g, rows);
        for (int64_t j = 0; j < blocks; ++j) {
          const int64_t block = item.block + j;
          vf* h = state + j * shape.states;
          if (out.saved) {
            float* to = out.saved + shape.saved_at(item.sample, g, w, k) +
                        block * VL;
            for (int n = 0; n < S; ++n)
              std::memcpy(to + n * shape.padded, h + n, sizeof(vf));
          }
          tile.load_block(in, shape, par, item.sample, g, block, j, rows);
          for (int t = 0; t < rows.count; ++t) y[t] = par.D[j] * tile.u[t];
          for (int b = 0; b < shape.state_blocks; ++b) {
            const int64_t at = j * shape.states + b * NS;
            kernels.forward[par.weighted](
                rows.count, from, step, tile, shape.states, b * NS,
                par.rate + at, par.weight + at, h + b * NS, y);
          }
          scatter(y_base, out.y.stride, reinterpret_cast<float*>(y), VL,
                  rows, block * VL, shape.width(block),
                  shape.size.sum_groups);
        }
      }
      float* last = out.last + ((item.sample * shape.size.groups + g) *
                                    shape.windows + w) *
                                   shape.size.channels * S;
      for (int64_t j = 0; j < blocks; ++j)
        for (int x = 0; x < shape.width(item.block + j); ++x)
          for (int n = 0; n < S; ++n)
            last[((item.block + j) * VL + x) * S + n] =
                state[j * shape.states + n][x];
    }
  }
}

// Add lanes to a float64 parameter gradient, `stride` apart.
void add_lanes(double* to, int64_t stride, const vf& from, int width) {
  for (int x = 0; x < width; ++x) to[x * stride] += double(from[x]);
}

// Sum the lanes of (rows, width) vectors and write them to their tokens.
void scatter_sums(const ScanTensor& to, int64_t sample, int64_t group,
                  const vf* sums, int stride, const Rows& rows, int width,
                  float* tile) {
  if (!to.data) return;
  for (int t = 0; t < rows.count; ++t) {
    int n = 0;
    for (; n + VL <= width; n += VL)
      lane_sums(tile + t * width + n, sums + t * stride + n);
    for (; n < width; ++n)
      tile[t * width + n] = lane_sum(sums[t * stride + n]);
  }
  scatter(base(to, sample, group), to.stride, tile, width, rows, 0, width,
          false);
}

void backward_item(const ScanOperands& in, const ScanGradients& out,
                   const Shape& shape, const Kernels& kernels,
                   const Item& item) {
  Scratch scratch;
  const int64_t blocks = item.block_end - item.block;
  if (blocks <= 0) return;
  const ScanSizes& size = shape.size;
  const int NS = shape.block_states, S = int(size.states);
  const int rank = int(size.rank);
  Parameters par(scratch, shape, blocks);
  Tiles tile(scratch, shape);
  GradTiles grad(scratch, shape);
  float* sums = scratch.get<float>(CHUNK * std::max<int64_t>(S, rank));
  vf* carry = scratch.get<vf>(blocks * shape.states);
  vf* du = scratch.get<vf>(CHUNK);
  vf* ddelta = scratch.get<vf>(CHUNK);
  vf* project = scratch.get<vf>(rank);
  for (int64_t g = item.group; g < item.group_end; ++g) {
    par.load(in, shape, g, item.block, blocks);
    const bool back = in.reverse[g];
    const int64_t channel0 =
        (item.sample * size.groups + g) * size.channels;
    const int64_t sum_group = g * size.channel_parts + item.block_part;
    for (int64_t w = item.window; w < item.window_end; ++w) {
      std::memset(carry, 0, blocks * shape.states * sizeof(vf));
      if (out.last) {
        const float* last = out.last + ((item.sample * size.groups + g) *
                                            shape.windows + w) *
                                           size.channels * S;
        for (int64_t j = 0; j < blocks; ++j)
          for (int x = 0; x < shape.width(item.block + j); ++x)
            for (int n = 0; n < S; ++n)
              carry[j * shape.states + n][x] =
                  last[((item.block + j) * VL + x) * S + n];
      }
      for (int64_t k = shape.chunks - 1; k >= 0; --k) {
        const Rows rows = shape.rows(in.order, back, g, w, k);
        const int from = back ? rows.count - 1 : 0, step = back ? -1 : 1;
        const size_t tile_bytes = CHUNK * shape.states * sizeof(vf);
        tile.load_group(in, shape, item.sample, g, rows);
        std::memset(grad.B, 0, tile_bytes);
        std::memset(grad.C, 0, tile_bytes);
        std::memset(grad.low, 0, CHUNK * rank * sizeof(vf));
        for (int64_t j = 0; j < blocks; ++j) {
          const int64_t block = item.block + j;
          const int width = shape.width(block);
          const float* saved =
              out.saved + shape.saved_at(item.sample, g, w, k) + block * VL;
          tile.load_block(in, shape, par, item.sample, g, block, j, rows);
          gather(reinterpret_cast<float*>(grad.dy), VL,
                 base(out.y, item.sample, g), out.y.stride, rows,
                 block * VL, width);
          std::memset(grad.through_input, 0, CHUNK * sizeof(vf));
          std::memset(grad.through_decay, 0, CHUNK * sizeof(vf));
          std::memset(grad.A, 0, shape.states * sizeof(vf));
          std::memset(grad.weight, 0, shape.states * sizeof(vf));
          for (int b = 0; b < shape.state_blocks; ++b) {
            const int64_t at = j * shape.states + b * NS;
            for (int n = 0; n < NS; ++n) {
              grad.states[n] = vf{};
              if (b * NS + n < S)
                std::memcpy(grad.states + n,
                            saved + (b * NS + n) * shape.padded, sizeof(vf));
            }
            kernels.states(rows.count, from, step, tile, shape.states,
                           b * NS, par.rate + at, grad.states, grad.decays);
            kernels.backward[par.weighted](
                rows.count, from, step, tile, grad, shape.states, b * NS,
                par.A + at, par.weight + at, carry + at);
          }
          vf sum_d{}, sum_bias{};
          std::memset(project, 0, rank * sizeof(vf));
          for (int t = 0; t < rows.count; ++t) {
            du[t] = tile.dt[t] * grad.through_input[t] +
                    par.D[j] * grad.dy[t];
            vf step_size =
                grad.through_decay[t] + tile.u[t] * grad.through_input[t];
            if (size.softplus) step_size *= sigmoid(tile.raw[t]);
            ddelta[t] = step_size;
            sum_bias += step_size;
            sum_d += tile.u[t] * grad.dy[t];
            for (int r = 0; r < rank; ++r) {
              project[r] += step_size * tile.low[t * rank + r];
              grad.low[t * rank + r] += step_size * par.project[j * rank + r];
            }
          }
          if (out.u.data)
            scatter(base(out.u, item.sample,
                         size.shared_u ? item.group_part : g),
                    out.u.stride, reinterpret_cast<float*>(du), VL, rows,
                    block * VL, width, size.shared_u);
          if (out.delta.data && !rank)
            scatter(base(out.delta, item.sample, g), out.delta.stride,
                    reinterpret_cast<float*>(ddelta), VL, rows, block * VL,
                    width, false);
          const int64_t channel = channel0 + block * VL;
          if (out.D) add_lanes(out.D + channel, 1, sum_d, width);
          if (out.bias) add_lanes(out.bias + channel, 1, sum_bias, width);
          for (int n = 0; n < S; ++n) {
            if (out.A) add_lanes(out.A + channel * S + n, S, grad.A[n], width);
            if (out.state_weight)
              add_lanes(out.state_weight + channel * S + n, S,
                        grad.weight[n], width);
          }
          for (int r = 0; r < rank && out.dt_weight; ++r)
            add_lanes(out.dt_weight + channel * rank + r, rank, project[r],
                      width);
        }
        scatter_sums(out.B, item.sample, sum_group, grad.B, shape.states,
                     rows, S, sums);
        scatter_sums(out.C, item.sample, sum_group, grad.C, shape.states,
                     rows, S, sums);
        if (rank)
          scatter_sums(out.delta, item.sample, sum_group, grad.low, rank,
                       rows, rank, sums);
      }
    }
  }
}

// Run all items on the threads asked for; 1 on success.
template <typename Work>
int run(const std::vector<Item>& items, int64_t threads, Work work) {
  int failed = 0;
  const int64_t count = int64_t(items.size());
#if defined(_OPENMP)
#pragma omp parallel for num_threads(                         \
        int(std::max<int64_t>(1, std::min(threads, count))))            \
    schedule(dynamic, 1) reduction(| : failed)
#endif
  for (int64_t i = 0; i < count; ++i) {
    FlushTiny flush;
    try {
      work(items[i]);
    } catch (const std::bad_alloc&) {
      failed |= 1;
    }
  }
  (void)threads;
  return !failed;
}

}  // namespace

int scan_abi_version() { return 1; }

int scan_vector_lanes() { return VL; }

int scan_chunk() { return CHUNK; }

int scan_order_is_valid(const int32_t* order, int64_t groups,
                        int64_t tokens) {
  std::vector<bool> seen(tokens);
  for (int64_t g = 0; g < groups; ++g, order += tokens) {
    std::fill(seen.begin(), seen.end(), false);
    for (int64_t p = 0; p < tokens; ++p) {
      if (order[p] < 0 || order[p] >= tokens || seen[order[p]]) return 0;
      seen[order[p]] = true;
    }
  }
  return 1;
}

int scan_forward(const ScanOperands* in, const ScanResults* out) {
  const Shape shape(in->size);
  const Kernels kernels = pick(shape.block_states);
  return run(cut(shape, in->size.sum_groups, true), in->size.threads,
             [&](const Item& item) {
               forward_item(*in, *out, shape, kernels, item);
             });
}

int scan_backward(const ScanOperands* in, const ScanGradients* grad) {
  const Shape shape(in->size);
  const Kernels kernels = pick(shape.block_states);
  return run(cut(shape, in->size.shared_u, false), in->size.threads,
             [&](const Item& item) {
               backward_item(*in, *grad, shape, kernels, item);
             });
}
