/// Translates one engine's names, units and labels into ours. Profiles are data (YAML); this
/// package reads them and applies them to [dev.inferscale.signals.exposition.Samples], giving a
/// [Reading]. Pure: no clock, no logger, and no I/O but for the bundled profiles, which are read
/// from the class path.
@NullMarked
package dev.inferscale.signals.profile;

import org.jspecify.annotations.NullMarked;
