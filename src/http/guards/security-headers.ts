import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers that keep browsers from doing with answers what these are not for: guessing types, running or framing them as
 * pages, being loaded by other sites, and telling other sites their address. Of helmet's headers the others are for
 * pages, or, as Strict-Transport-Security, for whoever ends TLS to decide.
 */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xContentTypeOptions: true,
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    strictTransportSecurity: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: false,
    xPermittedCrossDomainPolicies: false,
    xPoweredBy: false,
  });
}

/** The same, for an answer that is written without Express. */
export const SECURITY_HEADERS: readonly string[] = [
  "Content-Security-Policy: default-src 'none';frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy: same-origin',
  'Referrer-Policy: no-referrer',
  'X-Content-Type-Options: nosniff',
];
