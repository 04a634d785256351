package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.FamilySet;
import dev.inferscale.signals.exposition.Samples;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// An ordered set of profiles: where several recognise a page, the first counts. Immutable.
public final class Profiles {
  /// The name under which a pool leaves the choice to us.
  public static final String AUTO = "auto";

  private static final List<String> BUNDLED =
      List.of("inference-worker", "sglang", "vllm", "llm-d-epp", "dynamo-frontend");

  private final List<Profile> profiles;
  private final FamilySet wanted;

  private Profiles(List<Profile> profiles) {
    this.profiles = List.copyOf(profiles);
    this.wanted = FamilySet.of(profiles.stream().flatMap(Profile::names).toList());
  }

  /// The profiles that come with the program.
  public static Profiles bundled() {
    return Parsed.BUNDLED;
  }

  private static Profile resource(String name) {
    try (InputStream yaml = Profiles.class.getResourceAsStream(name + ".yaml")) {
      if (yaml == null) {
        throw new IllegalStateException("profile " + name + " is missing from the program");
      }
      return Profile.parse(new String(yaml.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// These profiles before our own; one that bears the name of ours replaces it.
  public Profiles with(List<Profile> users) {
    List<Profile> all = new ArrayList<>(users);
    List<String> names = users.stream().map(Profile::name).toList();
    profiles.stream().filter(profile -> !names.contains(profile.name())).forEach(all::add);
    return new Profiles(all);
  }

  /// The engines that a pool may name.
  public List<String> names() {
    return profiles.stream().filter(each -> !each.isFront()).map(Profile::name).toList();
  }

  /// Those whose pages may stand in front of a pool: gateways and routers first, then engines.
  public List<String> frontNames() {
    return fronts().map(Profile::name).toList();
  }

  private Stream<Profile> fronts() {
    return Stream.concat(
        profiles.stream().filter(Profile::isFront),
        profiles.stream().filter(each -> !each.isFront()));
  }

  /// The families that any of the profiles reads: what to parse of a page whose engine is not known
  /// yet.
  public FamilySet wanted() {
    return wanted;
  }

  /// The profile of that name.
  public Optional<Profile> named(String name) {
    return profiles.stream().filter(profile -> profile.name().equals(name)).findFirst();
  }

  /// The profile to read an engine's page with: the one that is wanted, or with `auto` the first of
  /// an engine that recognises the page. Empty where there is none.
  public Optional<Profile> choose(Samples samples, String wantedName) {
    return wantedName.equals(AUTO)
        ? profiles.stream()
            .filter(profile -> !profile.isFront() && profile.recognises(samples))
            .findFirst()
        : named(wantedName);
  }

  /// The profile to read a page in front of a pool with: the first that recognises it. Empty where
  /// none does.
  public Optional<Profile> chooseFront(Samples samples) {
    return fronts().filter(profile -> profile.recognises(samples)).findFirst();
  }

  /// Parsed when first asked for, and once.
  private static final class Parsed {
    static final Profiles BUNDLED =
        new Profiles(Profiles.BUNDLED.stream().map(Profiles::resource).toList());
  }
}
