/// The test bed as tests see it: a genuine control plane, one per test JVM, and a namespace of its
/// own for each test class.
@NullMarked
package dev.inferscale.e2e.bed;

import org.jspecify.annotations.NullMarked;
