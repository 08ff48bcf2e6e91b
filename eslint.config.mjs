import js from "@eslint/js";

export default [
  { ignores: ["_build/", "node_modules/", ".venv*/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "max-lines": ["error", 300],
      "max-len": ["error", 100],
      "no-undef": "off", // TypeScript knows the browser's names
      "no-var": "error",
      "prefer-const": "error",
      "no-shadow": "error",
      complexity: ["error", 20],
    },
  },
];
