/// Continuous batching over a paged KV cache: requests in, tokens out.
///
/// Request threads call [Engine#submit] and read their [TokenStream]. One platform thread,
/// "engine", owns everything else ([Batcher], [BlockPool], the backend), so none of that has a
/// lock. Which sequence computes how many tokens in a step is decided by [Scheduler], a pure
/// function.
@NullMarked
package dev.inferscale.worker.engine;

import org.jspecify.annotations.NullMarked;
