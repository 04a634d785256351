/// The signal plane's program: wires measuring, answering and starting together.
@NullMarked
package dev.inferscale.app.plane;

import org.jspecify.annotations.NullMarked;
