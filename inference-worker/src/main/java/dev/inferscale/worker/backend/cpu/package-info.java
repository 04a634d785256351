/// The CPU backend: packed weights, a paged KV cache in memory, and kernels with the Vector API or
/// in plain Java.
///
/// In flow [dev.inferscale.worker.backend.Batch]es from the engine thread, out flow tokens. The
/// engine thread computes; a fixed [Team] of helper threads takes part in large products. Every
/// number is computed in one fixed order whatever is in the batch, whichever thread computes it and
/// whichever kernels are chosen, so results are equal bit by bit.
@NullMarked
package dev.inferscale.worker.backend.cpu;

import org.jspecify.annotations.NullMarked;
