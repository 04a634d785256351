/// What a document's keys take, said as data: the check that finds all faults at once, and the
/// values with their defaults.
@NullMarked
package dev.inferscale.signals.document;

import org.jspecify.annotations.NullMarked;
