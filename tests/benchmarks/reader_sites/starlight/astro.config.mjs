import starlight from "@astrojs/starlight";
import { defineConfig } from "astro/config";

export default defineConfig({
  integrations: [starlight({ title: "Caderno de dados", defaultLocale: "root", locales: { root: { label: "Português", lang: "pt-BR" } } })],
});
