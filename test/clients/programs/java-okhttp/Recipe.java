import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.Base64;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.CompressionApi;
import org.openapitools.client.api.JobsApi;
import org.openapitools.client.model.Job;
import org.openapitools.client.model.Problem;

final class Recipe {
  // begin recipe
  static ApiClient client(String url, String key) {
    ApiClient client = new ApiClient().setBasePath(url);
    client.setBearerToken(key);
    return client;
  }

  static String digest(File file) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file.toPath()));
    return "sha-256=:" + Base64.getEncoder().encodeToString(hash) + ":";
  }

  static File roundTrip(ApiClient client, File file) throws Exception {
    CompressionApi api = new CompressionApi(client);
    File archive = api.compress(null, null, null, digest(file), null, null, null, null, null, file);
    return api.decompress(archive, digest(archive), null, null, null, null, null);
  }

  static Problem problem(ApiException error) throws IOException {
    return Problem.fromJson(error.getResponseBody());
  }
  // end recipe

  static String events(ApiClient client, String key, Job job) throws ApiException {
    return new JobsApi(client).followJob(job.getId(), null, null);
  }
}
