/// Answers KEDA: its external scaler over the same snapshot that every other server answers from.
/// `trigger` reads what a user wrote, `answer` says how it stands, `push` tells open streams, and
/// this package puts them behind gRPC.
@NullMarked
package dev.inferscale.keda;

import org.jspecify.annotations.NullMarked;
