/// A device whose speed is a law instead of a machine's: for test beds, where many workers share
/// few processors and each must still have the capacity of a replica.
@NullMarked
package dev.inferscale.worker.backend.paced;

import org.jspecify.annotations.NullMarked;
