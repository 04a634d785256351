/// What crosses the wire, without the wire: a [Request] as it was read, a [Page] as it will be
/// written, and the small things both need. Pure: no server, no clock, no I/O. Every server of this
/// module turns an exchange into a request, asks a pure function, and sends the page it gets.
@NullMarked
package dev.inferscale.adapter.wire;

import org.jspecify.annotations.NullMarked;
