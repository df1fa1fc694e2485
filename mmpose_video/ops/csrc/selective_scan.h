// Plain C interface of the selective scan; ops/cpp_abi.py mirrors it.
//
// Tensors are float32. Strides count elements, in the order of the axes
// (sample, group, token, feature). See ops/problem.py for the meaning.
#pragma once

#include <cstdint>

extern "C" {

struct ScanTensor {
  float* data;  // null where absent
  int64_t stride[4];
};

struct ScanSizes {
  int64_t samples, groups, tokens, channels, states;
  int64_t rank;         // of the step-size projection; 0: none
  int64_t window;       // positions of one run
  int64_t shared_u;     // u has one group: its gradient is summed
  int64_t sum_groups;   // y has one group: outputs are summed
  int64_t softplus;
  int64_t threads;
  int64_t channel_parts;  // the channels are cut into so many work items
  int64_t group_parts;    // and, where results are summed, the groups
};

struct ScanOperands {
  ScanSizes size;
  ScanTensor u, delta, B, C;
  // Contiguous: (G, D, S), (G, D), (G, D), (G, D, R), (G, D, S).
  const float *A, *D, *bias, *dt_weight, *state_weight;
  const int32_t* order;    // (G, L) or null
  const uint8_t* reverse;  // (G)
};

struct ScanResults {
  ScanTensor y;  // with group_parts > 1 the group axis counts the parts
  float* last;   // (N, G, W, D, S)
  float* saved;  // (N, G, W, chunks, S, D in whole vectors), or null
};

struct ScanGradients {
  ScanTensor y;           // in: gradient of the output
  const float* last;      // in: gradient of the last state, or null
  const float* saved;     // in
  ScanTensor u;           // group axis as for y above where u is shared
  // B, C and a low-rank delta are sums over channels: their group axis is
  // G * channel_parts, parts last.
  ScanTensor delta, B, C;
  double *A, *D, *bias, *dt_weight, *state_weight;  // per sample, as above
};

int scan_abi_version();
int scan_vector_lanes();
int scan_chunk();
int scan_order_is_valid(const int32_t* order, int64_t groups,
                        int64_t tokens);
int scan_forward(const ScanOperands* in, const ScanResults* out);
int scan_backward(const ScanOperands* in, const ScanGradients* grad);
}
