/// KEDA's ScaledObjects and ScaledJobs that ask us: what they say, and what is wrong with that.
@NullMarked
package dev.inferscale.app.scaledobject;

import org.jspecify.annotations.NullMarked;
