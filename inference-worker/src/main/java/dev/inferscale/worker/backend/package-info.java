/// What a device must do for the engine. One implementation per device in its own sub-package.
@NullMarked
package dev.inferscale.worker.backend;

import org.jspecify.annotations.NullMarked;
