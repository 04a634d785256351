@NullMarked
package dev.inferscale.signals.kube;

import org.jspecify.annotations.NullMarked;
