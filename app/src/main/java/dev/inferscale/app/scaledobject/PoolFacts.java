package dev.inferscale.app.scaledobject;

import dev.inferscale.signals.pool.ModelPool;
import java.util.OptionalInt;

/// What is known of a pool that a trigger asks for.
///
/// @param running its replicas now, empty where that is not known
public record PoolFacts(ModelPool.Capacity capacity, OptionalInt running) {}
