/// Commands and wiring; the only place where modules meet.
@NullMarked
package dev.inferscale.app;

import org.jspecify.annotations.NullMarked;
