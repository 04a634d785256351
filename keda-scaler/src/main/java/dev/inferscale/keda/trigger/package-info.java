/// What a user writes into a KEDA trigger, read and checked from its metadata alone: no pool, no
/// clock, no server.
@NullMarked
package dev.inferscale.keda.trigger;

import org.jspecify.annotations.NullMarked;
