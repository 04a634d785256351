/// The immutable picture of all pools, how targets fold into pools, and how a question about one
/// signal is answered. Pure: time comes in as a parameter.
@NullMarked
package dev.inferscale.signals.snapshot;

import org.jspecify.annotations.NullMarked;
