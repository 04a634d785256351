/// The servers that answer the HPA (HTTPS) and curl (HTTP) from the latest snapshot.
@NullMarked
package dev.inferscale.adapter;

import org.jspecify.annotations.NullMarked;
