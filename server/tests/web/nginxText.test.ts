import { describe, expect, it } from 'vitest'
import { hasServer, withInclude, withoutInclude } from '../../src/web/nginxText.ts'

const LINE = 'include snippets/supermon-live.conf; # supermon-live web'
const lines = (text: string) => text.split(LINE).length - 1

const DEFAULT_SITE = `##
# server { this is a remark }
server {
\tlisten 80 default_server;
\troot /var/www/html;
\tlocation / {
\t\ttry_files $uri $uri/ =404;
\t}
}
`

describe('the include line of an nginx site', () => {
  it('stands in the server block, at its beginning', () => {
    expect(withInclude(DEFAULT_SITE)).toBe(DEFAULT_SITE.replace('server {\n\tlisten', `server {\n    ${LINE}\n\tlisten`))
  })

  it('comes out again byte for byte, however the file is written', () => {
    const sites = [
      DEFAULT_SITE,
      DEFAULT_SITE.replaceAll('\n', '\r\n'),
      DEFAULT_SITE.trimEnd(),
      'server { listen 80; server_name node.example; }',
      'server{listen 80;}server\n{\n listen 443 ssl;\n}\n',
      'http {\n  upstream x { server 127.0.0.1:9000; }\n  server {\n    listen 80;\n  }\n}\n',
      '  server {   \n  listen 80;\n  }\n\n\n',
      'server { # the club\'s\n listen 80;\n}\n',
    ]
    for (const site of sites) {
      const changed = withInclude(site)
      expect(lines(changed), site).toBeGreaterThan(0)
      expect(withoutInclude(changed), site).toBe(site)
      expect(withInclude(changed), site).toBe(changed)
    }
  })

  it('does not make part of a remark what stands in the same line', () => {
    expect(withInclude('server { listen 80; }')).toBe(`server {\n    ${LINE} +\n listen 80; }`)
  })

  it('goes into each server block of the file, and into nothing else', () => {
    const text = `server { listen 80; return 301 https://$host$request_uri; }
upstream pool { server 127.0.0.1:9000; }
stream { server { listen 53; } }
map $a $b { "server {" 1; 'x' "}"; }
server {
  listen 443 ssl; # server {
  set $x "\${host}";
  location ~ "^/a{2}" { }
}
`
    expect(lines(withInclude(text))).toBe(2)
    expect(withoutInclude(withInclude(text))).toBe(text)
  })

  it('knows a file with sites from one without', () => {
    expect(hasServer(DEFAULT_SITE)).toBe(true)
    for (const text of ['', '# server {\n', 'upstream x { server 1.2.3.4; }', 'server 1.2.3.4;']) expect(hasServer(text), text).toBe(false)
  })
})
