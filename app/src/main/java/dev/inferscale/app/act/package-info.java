/// The only code that writes to Kubernetes: the status of ModelPool resources and events about
/// them. Each writer is off unless configured; one replica writes, which a lease decides.
@NullMarked
package dev.inferscale.app.act;

import org.jspecify.annotations.NullMarked;
