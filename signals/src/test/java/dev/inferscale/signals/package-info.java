/// What the tests of measuring share: readings built by hand, and time that moves by hand.
@NullMarked
package dev.inferscale.signals;

import org.jspecify.annotations.NullMarked;
