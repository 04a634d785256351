package dev.inferscale.app.apis;

/// A version of one of the metrics APIs that an HPA reads. A cluster has one provider of each: its
/// APIService names the only Service that is asked.
public enum MetricsApi {
  EXTERNAL("v1beta1.external.metrics.k8s.io"),
  CUSTOM_V1BETA1("v1beta1.custom.metrics.k8s.io"),
  CUSTOM_V1BETA2("v1beta2.custom.metrics.k8s.io");

  private static final String FOLDER = "/apis/apiregistration.k8s.io/v1/apiservices";

  private final String apiService;

  MetricsApi(String apiService) {
    this.apiService = apiService;
  }

  /// Name of the APIService, which is fixed by group and version.
  public String apiService() {
    return apiService;
  }

  /// Where the API server has it.
  public String path() {
    return FOLDER + "/" + apiService;
  }

  /// Where the API server has all of them.
  static String folder() {
    return FOLDER;
  }
}
