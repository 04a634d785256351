/// KEDA's open streams: when each is told what, on one thread.
@NullMarked
package dev.inferscale.keda.push;

import org.jspecify.annotations.NullMarked;
