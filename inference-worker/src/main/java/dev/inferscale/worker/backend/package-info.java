/// What a device must do for the engine. One implementation per device in its own sub-package; the
/// sampling rule is the same for all.
@NullMarked
package dev.inferscale.worker.backend;

import org.jspecify.annotations.NullMarked;
