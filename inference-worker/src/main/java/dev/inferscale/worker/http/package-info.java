/// The OpenAI-compatible API over HTTP; the only package that sees Undertow.
///
/// IO threads read requests and answer from memory. A completion runs on a virtual thread of its
/// own: parse, tokenize, submit, then take tokens and write text. It never blocks on the socket:
/// writes are handed to the IO thread and waited for with a limit, because a blocked write would
/// hold the carrier thread that other requests need.
@NullMarked
package dev.inferscale.worker.http;

import org.jspecify.annotations.NullMarked;
