import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

globalThis.page = renderToStaticMarkup(createElement("h1", null, "compiled by webpack"));
