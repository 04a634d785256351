/// The operator's commands that ask a running plane and a cluster: `top`, `hpa`, `explain`,
/// `doctor`.
@NullMarked
package dev.inferscale.app.operate;

import org.jspecify.annotations.NullMarked;
