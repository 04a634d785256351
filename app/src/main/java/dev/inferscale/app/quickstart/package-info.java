/// The first minute with Inferscale: two workers as child processes, one plane in this process, a
/// gentle load, a live table. Everything it starts ends with it, also when it is killed: children
/// watch the pipe on their standard input.
@NullMarked
package dev.inferscale.app.quickstart;

import org.jspecify.annotations.NullMarked;
