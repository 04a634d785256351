/// Counts that cost a thread that answers next to nothing: no lock, no allocation, one cell each.
@NullMarked
package dev.inferscale.adapter.tally;

import org.jspecify.annotations.NullMarked;
