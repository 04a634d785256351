/// The public face of measuring: start the plane, take the latest snapshot.
@NullMarked
package dev.inferscale.signals;

import org.jspecify.annotations.NullMarked;
