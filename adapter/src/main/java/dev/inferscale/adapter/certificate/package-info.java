/// What servers prove themselves with: keys and certificates, read from PEM text, written to it,
/// and made where nobody gives any.
@NullMarked
package dev.inferscale.adapter.certificate;

import org.jspecify.annotations.NullMarked;
