package dev.inferscale.signals.pool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;

/// What a file of pools holds: the pools that can be used and everything that is wrong with the
/// others. A bad pool never costs a good one.
///
/// @param pools in the order of the file, each identity once
/// @param faults in the order of the file; empty where all is well
public record PoolsFile(List<ModelPool> pools, List<PoolFault> faults) {
  /// Larger files are refused.
  public static final int MAX_CHARACTERS = 4 << 20;

  /// Pools beyond this number are refused.
  public static final int MAX_POOLS = 1000;

  private static final int MAX_DEPTH = 20;
  private static final ObjectMapper YAML = new ObjectMapper(yaml());

  public PoolsFile {
    pools = List.copyOf(pools);
    faults = List.copyOf(faults);
  }

  /// Reads one or several YAML documents, believing every engine's name.
  public static PoolsFile parse(String yaml) {
    return parse(yaml, List.of());
  }

  /// Reads one or several YAML documents. Each is read by itself, so that broken YAML in one costs
  /// only that one.
  ///
  /// @param engines the profiles there are; empty where any name is believed
  public static PoolsFile parse(String yaml, Collection<String> engines) {
    if (yaml.length() > MAX_CHARACTERS) {
      String problem = "is longer than " + MAX_CHARACTERS + " characters; split the file";
      return new PoolsFile(List.of(), List.of(new PoolFault(1, "", "", problem)));
    }
    Map<PoolId, ModelPool> pools = new LinkedHashMap<>();
    List<PoolFault> faults = new ArrayList<>();
    List<Document> documents = documents(yaml);
    for (int i = 0; i < documents.size(); i++) {
      ModelPoolReader.Result result = read(documents.get(i), i + 1, engines);
      faults.addAll(result.faults());
      ModelPool pool = result.pool();
      if (pool == null) {
        continue;
      }
      if (pools.size() == MAX_POOLS) {
        faults.add(fault(i, pool, "", "is more than the " + MAX_POOLS + " pools one plane serves"));
      } else if (pools.putIfAbsent(pool.id(), pool) != null) {
        faults.add(fault(i, pool, "metadata.name", "is taken by an earlier pool of this file"));
      }
    }
    return new PoolsFile(List.copyOf(pools.values()), faults);
  }

  private static PoolFault fault(int index, ModelPool pool, String path, String problem) {
    return new PoolFault(index + 1, pool.id().toString(), path, problem);
  }

  private static ModelPoolReader.Result read(
      Document document, int number, Collection<String> engines) {
    try {
      JsonNode tree = YAML.readTree(document.text());
      return ModelPoolReader.read(tree, number, engines);
    } catch (StreamConstraintsException e) {
      String problem = "nests deeper than " + MAX_DEPTH + " levels, or holds too long a value";
      return new ModelPoolReader.Result(null, List.of(new PoolFault(number, "", "", problem)));
    } catch (JsonProcessingException e) {
      String line =
          e.getLocation() == null
              ? ""
              : " in line " + (document.line() + e.getLocation().getLineNr());
      String problem = "is no valid YAML" + line + ": " + firstLine(e.getOriginalMessage());
      return new ModelPoolReader.Result(null, List.of(new PoolFault(number, "", "", problem)));
    }
  }

  private static String firstLine(String message) {
    String line = message.lines().findFirst().orElse("");
    return line.length() <= 128 ? line : line.substring(0, 128);
  }

  /// Splits at the lines that begin with `---`, which end a document wherever they stand (YAML 1.2,
  /// 9.1.2); documents of nothing but blanks and comments are left out.
  private static List<Document> documents(String yaml) {
    List<Document> documents = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int number = 0;
    int start = 0;
    for (String line : yaml.split("\n", -1)) {
      if (line.equals("---") || line.startsWith("--- ") || line.equals("---\r")) {
        add(documents, text, start);
        start = number;
        text.append(line.substring(3)).append('\n');
      } else {
        text.append(line).append('\n');
      }
      number++;
    }
    add(documents, text, start);
    return documents;
  }

  private static void add(List<Document> documents, StringBuilder text, int line) {
    boolean empty = text.toString().lines().map(String::strip).allMatch(PoolsFile::sayNothing);
    if (!empty) {
      documents.add(new Document(text.toString(), line));
    }
    text.setLength(0);
  }

  private static boolean sayNothing(String line) {
    return line.isEmpty() || line.startsWith("#");
  }

  private static YAMLFactory yaml() {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_CHARACTERS);
    options.setNestingDepthLimit(MAX_DEPTH);
    return YAMLFactory.builder()
        .loaderOptions(options)
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .build();
  }

  /// @param line how many lines of the file stand before it
  private record Document(String text, int line) {}
}
