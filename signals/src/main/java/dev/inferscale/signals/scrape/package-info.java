/// Fetches metrics pages: one virtual thread per target, each within its deadline, so that a slow
/// or dead target delays nobody. The only package that sees HTTP. What comes of each fetch goes
/// into a bounded mailbox.
@NullMarked
package dev.inferscale.signals.scrape;

import org.jspecify.annotations.NullMarked;
