import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.Base64;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.CompressionApi;
import org.openapitools.client.model.Job;
import org.openapitools.client.model.Problem;

final class Recipe {
  // begin recipe
  /** The generated code would send a file as its path in JSON: this mapper hands it the file's bytes. */
  static final class RawFiles extends ObjectMapper {
    RawFiles() {
      super(ApiClient.createDefaultObjectMapper());
    }

    @Override
    public RawFiles copy() {
      return new RawFiles();
    }

    @Override
    public byte[] writeValueAsBytes(Object value) throws JsonProcessingException {
      if (value == null) return new byte[0];
      if (!(value instanceof File)) return super.writeValueAsBytes(value);
      try {
        return Files.readAllBytes(((File) value).toPath());
      } catch (IOException error) {
        throw JsonMappingException.fromUnexpectedIOE(error);
      }
    }
  }

  static ApiClient client(String url, String key) {
    return new ApiClient(ApiClient.createDefaultHttpClientBuilder(), new RawFiles(), url)
        .setRequestInterceptor(request -> request.header("X-API-Key", key));
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
    return new RawFiles().readValue(error.getResponseBody(), Problem.class);
  }
  // end recipe

  /** Not with followJob, which reads the events as JSON. */
  static String events(ApiClient client, String key, Job job) throws Exception {
    URI events = URI.create(client.getBaseUri() + job.getLinks().getEvents());
    HttpRequest request = HttpRequest.newBuilder(events).header("X-API-Key", key).build();
    return client.getHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
