/// Tests of the whole tree.
@NullMarked
package dev.inferscale.e2e;

import org.jspecify.annotations.NullMarked;
