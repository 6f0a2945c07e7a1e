// Makes barnetwatch/static/barnetwatch/built/: one style sheet and two scripts. `make assets`.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compileAsync } from "sass";

const here = import.meta.dirname;
const packages = join(here, "..", "..", "node_modules");
const built = join(here, "..", "static", "barnetwatch", "built");

// A source map would be asked for by its name without a hash, which the site does not serve.
const withoutMap = (text) => text.replace(/\/\/# sourceMappingURL=\S+\s*$/, "\n");

await rm(built, { recursive: true, force: true });
await mkdir(built, { recursive: true });

const { css } = await compileAsync(join(here, "site.scss"), {
  loadPaths: [packages],
  quietDeps: true,
  style: "compressed",
});
await writeFile(join(built, "site.css"), css);

const govuk = join(packages, "govuk-frontend", "dist", "govuk", "govuk-frontend.min.js");
await writeFile(join(built, "govuk.js"), withoutMap(await readFile(govuk, "utf8")));
for (const name of await readdir(join(here, "js"))) {
  await writeFile(join(built, name), await readFile(join(here, "js", name)));
}
