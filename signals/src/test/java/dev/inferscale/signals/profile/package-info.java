@NullMarked
package dev.inferscale.signals.profile;

import org.jspecify.annotations.NullMarked;
